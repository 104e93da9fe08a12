# add_week, add_exercises, add_unit_test: the few kinds of target that the course has; embed_assets.

# add_week(week01_mlp_xor SOURCES a.cpp b.cpp): a library of all sources (so that tests can link the
# week) and the executable from main.cpp.
function(add_week name)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  add_library(${name}_lib STATIC ${ARG_SOURCES})
  target_include_directories(${name}_lib PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name}_lib PUBLIC common::common)
  course_warnings(${name}_lib)
  use_torch_pch(${name}_lib)
  join_torch_sources(${name}_lib)
  add_executable(${name} main.cpp)
  target_link_libraries(${name} PRIVATE ${name}_lib)
  course_warnings(${name})
  use_torch_pch(${name})
  add_exercises()
endfunction()

# add_exercises(): for each exercises/NN.K_name/ of a week, which holds exercise.h (the task),
# check.cpp (main: 0 when right, 1 when not), unsolved.cpp and solution.cpp, the executables
# exercise_NN.K_solution and exercise_NN.K_unsolved with a test each, and, where the learner has
# begun, exercise_NN.K from mine.cpp, which only ./dev exercise builds. Those whose check includes
# common/nn are about LibTorch and have it.
function(add_exercises)
  file(GLOB checks exercises/[0-9][0-9].*_*/check.cpp)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS exercises)
  foreach(check IN LISTS checks)
    get_filename_component(folder ${check} DIRECTORY)
    string(REGEX REPLACE ".*/([0-9.]+)_[^/]*$" "exercise_\\1" exercise ${folder})
    add_library(${exercise}_check OBJECT ${check})
    target_include_directories(${exercise}_check PUBLIC ${CMAKE_SOURCE_DIR})
    course_warnings(${exercise}_check)
    file(STRINGS ${check} torch REGEX "#include \"common/nn/")
    if(torch)
      target_link_libraries(${exercise}_check PUBLIC common::nn)
      use_torch_pch(${exercise}_check)
    endif()
    foreach(part IN ITEMS solution unsolved mine)
      if(part STREQUAL mine)
        set(target ${exercise})
      else()
        set(target ${exercise}_${part})
      endif()
      if(EXISTS ${folder}/${part}.cpp)
        add_executable(${target} ${folder}/${part}.cpp)
        target_link_libraries(${target} PRIVATE ${exercise}_check)
        course_warnings(${target})
        if(torch)
          use_torch_pch(${target})
        endif()
      endif()
    endforeach()
    if(TARGET ${exercise})
      set_target_properties(${exercise} PROPERTIES EXCLUDE_FROM_ALL ON)
    endif()
    if(COURSE_TESTS)
      add_test(NAME ${exercise}.SolutionIsFoundRight COMMAND ${exercise}_solution)
      add_test(NAME ${exercise}.UnsolvedFileIsFoundWrong
               COMMAND sh -c "\"$0\"; test $? -eq 1" $<TARGET_FILE:${exercise}_unsolved>)
      set_tests_properties(${exercise}.SolutionIsFoundRight ${exercise}.UnsolvedFileIsFoundWrong
                           PROPERTIES LABELS smoke TIMEOUT 300)
    endif()
  endforeach()
endfunction()

# Every file that includes torch costs 20 s of GCC 12, however short it is: what the header leaves to
# be instantiated at the end of a file is done again in each, also with a precompiled header.
# Joining six files into one makes a clean build three times faster and an edit no slower.
function(join_torch_sources target)
  if(COURSE_LINT)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
endfunction()

# add_unit_test(name SOURCES ... LIBS ... LABELS ... [TORCH] [SERIAL]): one GoogleTest executable.
# Each TEST in it becomes a CTest test named Subject.FactThatHolds. TORCH: parses torch, so shares its
# header. SERIAL: no other test runs beside one of these, which look at clocks.
function(add_unit_test name)
  cmake_parse_arguments(ARG "TORCH;SERIAL" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(ARG_TORCH AND NOT COURSE_TORCH)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)  # ends what hangs, not what is slow
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE COURSE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             COURSE_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  course_warnings(${name})
  if(ARG_TORCH)
    use_torch_pch(${name})
    join_torch_sources(${name})
  endif()
  include(GoogleTest)
  # Two tests run at once on two cores: more threads than one each would wait for one another.
  # A test that calls GTEST_SKIP prints why; CTest then shows it as skipped, not as passed.
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 300
                       PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
                       RUN_SERIAL ${ARG_SERIAL} ENVIRONMENT OMP_NUM_THREADS=1
                       SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
endfunction()

# add_page_test(week01_mlp_xor): runs page_test.py of the calling folder, which drives the week's
# pages in a real Chromium, as one test per class. Skipped (77) where browser or Playwright lack.
function(add_page_test week)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS page_test.py)
  file(STRINGS page_test.py classes REGEX "^class [A-Za-z]+\\(PageTest\\)")
  foreach(class IN LISTS classes)
    string(REGEX REPLACE "class ([A-Za-z]+).*" "\\1" class ${class})
    add_test(NAME Page.${week}_${class}
             COMMAND sh -c "exec \"\${COURSE_TEST_PYTHON:-python3}\" \"$@\"" sh
                     ${CMAKE_CURRENT_SOURCE_DIR}/page_test.py $<TARGET_FILE:${week}> ${class})
    set_tests_properties(Page.${week}_${class} PROPERTIES LABELS web TIMEOUT 300
                         SKIP_RETURN_CODE 77)
  endforeach()
endfunction()

# embed_assets(week01_mlp_xor_lib NAMESPACE week01 FILES web/index.html web/page.js): puts the files
# into the target. Its sources then include "week01_mlp_xor/assets.h" (the folder of the
# CMakeLists.txt that calls) and get them as week01::asset("page.js").
function(embed_assets target)
  cmake_parse_arguments(ARG "" "NAMESPACE" "FILES" ${ARGN})
  cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${CMAKE_SOURCE_DIR}
             OUTPUT_VARIABLE folder)
  set(include ${CMAKE_BINARY_DIR}/embedded)
  set(header ${folder}/assets.h)
  set(source ${include}/${folder}/assets.cpp)
  list(TRANSFORM ARG_FILES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  foreach(file IN LISTS ARG_FILES)
    get_filename_component(name ${file} NAME)
    if(NOT EXISTS ${file} OR name IN_LIST names)
      message(FATAL_ERROR "embed_assets: ${file} is missing, or another file has its name")
    endif()
    list(APPEND names ${name})
  endforeach()
  file(CONFIGURE OUTPUT ${include}/${header} @ONLY CONTENT [=[
// Written by embed_assets: the files of @folder@ that are part of the executable.
#pragma once

#include <span>
#include <string_view>

#include "common/web/asset.h"

namespace @ARG_NAMESPACE@ {

/// Returns all embedded files.
std::span<const common::web::Asset> assets();

/// Returns an embedded file. Errors: `std::logic_error` for a name that was not embedded.
const common::web::Asset& asset(std::string_view name);

}  // namespace @ARG_NAMESPACE@
]=])
  list(JOIN ARG_FILES "|" joined)
  add_custom_command(OUTPUT ${source} VERBATIM
    COMMAND ${CMAKE_COMMAND} -D OUT=${source} -D HEADER=${header} -D NAMESPACE=${ARG_NAMESPACE}
            -D FILES=${joined} -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${ARG_FILES} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake)
  # By itself and without LibTorch's headers: an edit of a page compiles in a moment.
  set_source_files_properties(${source} PROPERTIES
    SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
  target_sources(${target} PRIVATE ${source})
  target_include_directories(${target} PRIVATE ${include})
endfunction()
