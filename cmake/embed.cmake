# Writes the .cpp of embed_assets (Week.cmake): cmake -D OUT=... -D HEADER=... -D NAMESPACE=...
# -D FILES=a|b -P embed.cmake. Each file becomes one string literal of \x escapes.
string(REPLACE "|" ";" FILES "${FILES}")
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "\\\\x\\1" text "${hex}")
  string(APPEND arrays "constexpr char k${number}[] = \"${text}\";\n")
  string(APPEND rows "    {\"${name}\", {k${number}, sizeof k${number} - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "// Written by embed_assets from the files named below.
#include \"${HEADER}\"

#include <stdexcept>
#include <string>

namespace ${NAMESPACE} {
namespace {

${arrays}
constexpr common::web::Asset kAssets[] = {
${rows}};

}  // namespace

std::span<const common::web::Asset> assets() { return kAssets; }

const common::web::Asset& asset(std::string_view name) {
  for (const auto& found : kAssets) {
    if (found.name == name) return found;
  }
  throw std::logic_error(\"no file was embedded as \" + std::string(name));
}

}  // namespace ${NAMESPACE}
")
