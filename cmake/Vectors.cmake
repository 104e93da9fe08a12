# use_vectors(loops.cpp): compiles a file of inner loops with the vectors of the processor; before
# calling them, ask common::base::has_vectors(). With trapping arithmetic a choice between two
# numbers would be a branch.
function(use_vectors file)
  set(options -O3 -fno-trapping-math)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    list(APPEND options -mavx2 -mfma)
  endif()
  set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${options}"
                              SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
endfunction()
