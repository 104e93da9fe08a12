// Event files: the checksum against its published values, the file against the real TensorBoard.
#include "common/base/tensorboard.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include "common/base/files.h"
#include "common/base/json.h"
#include "common/base/run.h"
#include "tests/temporary_folder.h"

namespace {
using common::base::crc32c;

// RFC 3720, appendix B.4.
TEST(TensorBoard, ChecksumHasThePublishedValues) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);
}

TEST(TensorBoard, TheRealReaderReadsWhatARunLogged) {
  const char* const python = std::getenv("COURSE_TEST_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "needs tensorboard from PyPI; ./dev test installs it";
  const tests::TemporaryFolder folder;
  {
    common::base::Run run({}, {}, folder / "run");
    run.log(0, "train", {{"loss", 0.5}});
    run.log(3, "train", {{"loss", -1e30}, {"lr", 1e-3}});
    run.log(int64_t{1} << 40, "validation", {{"accuracy", 1}});
    run.rewind(3);
    run.log(3, "train", {{"loss", 0.25}});
  }
  const std::string command =
      std::string("'") + python + "' '" COURSE_SOURCE_DIR "/tests/base/read_events.py' '" +
      (folder / "run").string() + "' 2>'" + (folder / "words").string() + "'";
  std::string printed;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  std::array<char, 4096> block{};
  while (std::fgets(block.data(), block.size(), pipe) != nullptr) printed += block.data();
  ASSERT_EQ(::pclose(pipe), 0) << common::base::read_file(folder / "words");
  // The run went back to step 3: what the first file has from there on is forgotten.
  EXPECT_EQ(common::base::Json::parse(printed, nullptr, false).dump(),
            R"({"train/loss":[[0,0.5],[3,0.25]]})")
      << printed;
}

}  // namespace
