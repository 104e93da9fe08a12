# add_week, add_tool, add_unit_test, add_exercise: the few kinds of target that the course has.

# add_week(week01_mlp_xor SOURCES a.cpp b.cpp): a library of all sources (so that tests can link the
# week) and the executable from main.cpp.
function(add_week name)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  add_library(${name}_lib STATIC ${ARG_SOURCES})
  target_include_directories(${name}_lib PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name}_lib PUBLIC common::common)
  course_warnings(${name}_lib)
  use_torch_pch(${name}_lib)
  add_executable(${name} main.cpp)
  target_link_libraries(${name} PRIVATE ${name}_lib)
  course_warnings(${name})
  use_torch_pch(${name})
endfunction()

# add_unit_test(name SOURCES ... LIBS ... LABELS ... [TORCH]): one GoogleTest executable. Each TEST
# in it becomes a CTest test named Subject.FactThatHolds. TORCH: parses torch, so shares its header.
function(add_unit_test name)
  cmake_parse_arguments(ARG "TORCH" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(ARG_TORCH AND NOT COURSE_TORCH)
    return()
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} GTest::gtest GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE COURSE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             COURSE_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  course_warnings(${name})
  if(ARG_TORCH)
    use_torch_pch(${name})
  endif()
  include(GoogleTest)
  # A test that calls GTEST_SKIP prints why; CTest then shows it as skipped, not as passed.
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT}
                       SKIP_REGULAR_EXPRESSION "\\[  SKIPPED \\]")
endfunction()
