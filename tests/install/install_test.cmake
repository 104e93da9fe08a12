# Run with cmake -P: BUILD (a finished build of the course), WORK (a folder to use), STRANGER, CXX.
file(REMOVE_RECURSE ${WORK})

function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  message("${output}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed with ${result}: ${ARGN}")
  endif()
endfunction()

step(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
step(${CMAKE_COMMAND} -S ${STRANGER} -B ${WORK}/build -G Ninja -DCMAKE_CXX_COMPILER=${CXX}
     -DCMAKE_PREFIX_PATH=${WORK}/prefix)
step(${CMAKE_COMMAND} --build ${WORK}/build)
step(${WORK}/build/app ${WORK})
if(NOT EXISTS ${WORK}/stranger.json OR NOT EXISTS ${WORK}/stranger.png)
  message(FATAL_ERROR "the stranger's program wrote no stranger.json or no stranger.png")
endif()
file(REMOVE_RECURSE ${WORK})
