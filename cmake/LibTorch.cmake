# Finds LibTorch, a user's own first, else the one that ./dev setup put into .dev/, and defines the
# imported target `torch::torch`. The wheel's own TorchConfig.cmake wants nvcc; this needs none.
#
# Looks at, in order: LIBTORCH_ROOT (cache or environment), Torch_DIR, CMAKE_PREFIX_PATH, what .dev/torch
# names, LIBTORCH_FALLBACK_ROOT (an installed `common` sets it to what it was built with).
# Sets: LIBTORCH_ROOT_DIR, LIBTORCH_VERSION, LIBTORCH_VARIANT (cpu or cuda), LIBTORCH_ORIGIN.

set(LIBTORCH_ROOT "" CACHE PATH "A LibTorch of your own: the folder with include/ and lib/")
set(COURSE_TORCH_VARIANT "" CACHE STRING "cpu or cuda: which LibTorch to insist on (empty: any)")
option(COURSE_LINT "Each file by itself and no precompiled header, as clang-tidy wants it" OFF)

# Takes the first folder at or under `prefix` that holds a LibTorch, unless one was found before.
function(_libtorch_try origin prefix)
  if(LIBTORCH_ROOT_DIR OR NOT prefix)
    return()
  endif()
  file(GLOB environments ${prefix}/lib/python3*/site-packages/torch)
  foreach(root IN ITEMS ${prefix} ${prefix}/torch ${prefix}/libtorch ${prefix}/../.. ${environments})
    if(EXISTS ${root}/include/ATen/core/Tensor.h AND EXISTS ${root}/lib/libtorch_cpu.so)
      get_filename_component(root ${root} REALPATH)
      set(LIBTORCH_ROOT_DIR ${root} PARENT_SCOPE)
      set(LIBTORCH_ORIGIN ${origin} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(origin MATCHES "^LIBTORCH_ROOT")
    message(FATAL_ERROR "${origin}=${prefix} holds no LibTorch: wanted include/ATen/core/Tensor.h and "
            "lib/libtorch_cpu.so in it. Point it at the unpacked libtorch/ folder, or unset it.")
  endif()
endfunction()

function(_libtorch_find)
  set(LIBTORCH_ROOT_DIR "")
  _libtorch_try("LIBTORCH_ROOT" "${LIBTORCH_ROOT}")
  _libtorch_try("LIBTORCH_ROOT (environment)" "$ENV{LIBTORCH_ROOT}")
  foreach(dir IN ITEMS ${Torch_DIR} $ENV{Torch_DIR})
    _libtorch_try("Torch_DIR" "${dir}/../..")
  endforeach()
  string(REPLACE ":" ";" env_prefixes "$ENV{CMAKE_PREFIX_PATH}")
  foreach(prefix IN LISTS CMAKE_PREFIX_PATH env_prefixes)
    _libtorch_try("CMAKE_PREFIX_PATH" "${prefix}")
  endforeach()
  # What ./dev setup chose: "cpu", "cuda" or "own FOLDER".
  set(dev ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../.dev)
  set(choice "")
  if(EXISTS ${dev}/torch)
    file(STRINGS ${dev}/torch choice LIMIT_COUNT 1)
  endif()
  if(choice MATCHES "^own (.*)" AND NOT COURSE_TORCH_VARIANT)
    _libtorch_try("./dev setup (your own)" "${CMAKE_MATCH_1}")
  endif()
  foreach(variant IN ITEMS ${COURSE_TORCH_VARIANT} ${choice} cuda cpu)
    if(EXISTS ${dev}/libtorch-${variant}/.complete)
      _libtorch_try("./dev setup" "${dev}/libtorch-${variant}")
    endif()
  endforeach()
  _libtorch_try("the build of common" "${LIBTORCH_FALLBACK_ROOT}")
  set(LIBTORCH_ROOT_DIR "${LIBTORCH_ROOT_DIR}" PARENT_SCOPE)
  set(LIBTORCH_ORIGIN "${LIBTORCH_ORIGIN}" PARENT_SCOPE)
endfunction()

_libtorch_find()
if(NOT LIBTORCH_ROOT_DIR)
  message(FATAL_ERROR "LibTorch was not found. Set LIBTORCH_ROOT to an unpacked libtorch/ folder, or, "
          "in the course's folder, run ./dev setup, which installs the pinned one.")
endif()

# The version: torch/version.h before 2.10, torch/headeronly/version.h since.
foreach(header IN ITEMS include/torch/headeronly/version.h include/torch/csrc/api/include/torch/version.h)
  if(NOT LIBTORCH_VERSION AND EXISTS ${LIBTORCH_ROOT_DIR}/${header})
    file(STRINGS ${LIBTORCH_ROOT_DIR}/${header} lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX REPLACE "[^0-9;]" "" LIBTORCH_VERSION "${lines}")
    string(REPLACE ";" "." LIBTORCH_VERSION "${LIBTORCH_VERSION}")
  endif()
endforeach()
# The wheel always holds libtorch_cuda.so; it is of use only where CUDA's libraries lie beside it.
# (libcuda.so.1 is the driver's and may come later.)
set(LIBTORCH_VARIANT cpu)
if(EXISTS ${LIBTORCH_ROOT_DIR}/lib/libtorch_cuda.so)
  execute_process(COMMAND ldd ${LIBTORCH_ROOT_DIR}/lib/libtorch_cuda.so
                  OUTPUT_VARIABLE needed ERROR_QUIET)
  string(REPLACE "libcuda.so.1 => not found" "" needed "${needed}")
  if(needed AND NOT needed MATCHES "not found")
    set(LIBTORCH_VARIANT cuda)
  endif()
endif()
message(STATUS "LibTorch ${LIBTORCH_VERSION} (${LIBTORCH_VARIANT}) from ${LIBTORCH_ORIGIN}: ${LIBTORCH_ROOT_DIR}")
if(COURSE_TORCH_VARIANT AND NOT LIBTORCH_VARIANT STREQUAL COURSE_TORCH_VARIANT)
  message(FATAL_ERROR "A ${COURSE_TORCH_VARIANT} LibTorch was wanted, the ${LIBTORCH_VARIANT} one above was "
          "found. Run ./dev build --preset ${COURSE_TORCH_VARIANT}, or unset what points at it.")
endif()
if(LIBTORCH_VERSION VERSION_LESS 2.6)
  message(FATAL_ERROR "LibTorch ${LIBTORCH_VERSION} is too old: 2.11.0 is what the course is tested with.")
elseif(NOT LIBTORCH_VERSION VERSION_EQUAL 2.11.0)
  message(STATUS "The course is tested with LibTorch 2.11.0; with ${LIBTORCH_VERSION} numbers may differ.")
endif()
# std::string in its interface must be the one that this compiler makes.
file(STRINGS ${LIBTORCH_ROOT_DIR}/lib/libc10.so cxx11_names REGEX "__cxx11" LIMIT_COUNT 1)
if(NOT cxx11_names)
  message(FATAL_ERROR "This LibTorch has the old C++ ABI (its std::string is not __cxx11); "
          "linking would fail with 'undefined reference to c10::Error'. Take the cxx11 ABI build.")
endif()

find_package(Threads REQUIRED)
add_library(torch::torch INTERFACE IMPORTED)
target_include_directories(torch::torch SYSTEM INTERFACE
  ${LIBTORCH_ROOT_DIR}/include ${LIBTORCH_ROOT_DIR}/include/torch/csrc/api/include)
target_link_directories(torch::torch INTERFACE ${LIBTORCH_ROOT_DIR}/lib)
target_link_libraries(torch::torch INTERFACE
  ${LIBTORCH_ROOT_DIR}/lib/libtorch_cpu.so ${LIBTORCH_ROOT_DIR}/lib/libc10.so Threads::Threads)
# at::parallel_for is a header's loop: it splits only in code that is compiled for OpenMP, and must then
# share LibTorch's own threads, not bring a second library's.
file(GLOB openmp ${LIBTORCH_ROOT_DIR}/lib/libgomp*.so* ${LIBTORCH_ROOT_DIR}/lib/libiomp5.so)
if(openmp AND CMAKE_CXX_COMPILER_ID STREQUAL GNU AND NOT COURSE_LINT)
  list(GET openmp 0 openmp)
  target_compile_options(torch::torch INTERFACE -fopenmp)
  target_link_libraries(torch::torch INTERFACE ${openmp})
else()
  message(STATUS "Without OpenMP: loops of our own will not split over a processor's cores.")
endif()
if(LIBTORCH_VARIANT STREQUAL cuda)
  # libtorch_cuda registers itself when loaded, nothing refers to it: without --no-as-needed the
  # linker drops it and torch::cuda::is_available() is false.
  target_link_libraries(torch::torch INTERFACE "-Wl,--no-as-needed" ${LIBTORCH_ROOT_DIR}/lib/libtorch_cuda.so
    ${LIBTORCH_ROOT_DIR}/lib/libc10_cuda.so ${LIBTORCH_ROOT_DIR}/lib/libtorch.so "-Wl,--as-needed")
  # LibTorch's CUDA headers include the toolkit's, which lie beside it in the wheel.
  find_path(LIBTORCH_CUDA_INCLUDE cuda_runtime_api.h NO_CMAKE_FIND_ROOT_PATH
            HINTS ${LIBTORCH_ROOT_DIR}/../nvidia/cu13/include /usr/local/cuda/include)
  if(LIBTORCH_CUDA_INCLUDE)
    target_include_directories(torch::torch SYSTEM INTERFACE ${LIBTORCH_CUDA_INCLUDE})
  endif()
  target_compile_definitions(torch::torch INTERFACE COURSE_CUDA)
endif()

# LibTorch's headers take most of a compilation. One precompiled copy serves every target that calls
# use_torch_pch. It holds what modules and optimizers need and not all of torch/torch.h: that would
# make files that use only tensors compile a third longer, each of them.
function(use_torch_pch target)
  if(COURSE_LINT)
    return()
  endif()
  if(NOT TARGET torch_pch)
    file(WRITE ${CMAKE_BINARY_DIR}/torch_pch.cpp "// Carries the precompiled LibTorch headers.\n")
    add_library(torch_pch OBJECT ${CMAKE_BINARY_DIR}/torch_pch.cpp)
    target_link_libraries(torch_pch PRIVATE torch::torch)
    course_warnings(torch_pch)
    target_precompile_headers(torch_pch PRIVATE <torch/nn.h> <torch/optim.h>)
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      target_compile_options(torch_pch PRIVATE -fpch-preprocess -fPIC)
    endif()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # -fpch-preprocess lets ccache see through the header. -fPIC, after the -fPIE of executables,
    # because the header serves only files compiled with the same setting.
    target_compile_options(${target} PRIVATE -fpch-preprocess -fPIC)
  endif()
  target_precompile_headers(${target} REUSE_FROM torch_pch)
endfunction()
