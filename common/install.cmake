# Installs the library as the CMake package `common`: headers, static libraries, and targets
# common::base, common::plot, common::data, common::web, common::program (links LibTorch),
# common::common (all).
include(CMakePackageConfigHelpers)

set(parts base plot data web schedule)
if(COURSE_TORCH)
  list(APPEND parts program augment dist nn train)
endif()
target_compile_features(common_base PUBLIC cxx_std_20)
foreach(part IN LISTS parts)
  set_target_properties(common_${part} PROPERTIES EXPORT_NAME ${part})
  install(TARGETS common_${part} EXPORT commonTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endforeach()
install(TARGETS common EXPORT commonTargets)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/common DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN internal EXCLUDE PATTERN assets EXCLUDE)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/common)
install(EXPORT commonTargets NAMESPACE common:: DESTINATION ${package})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/commonConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/commonConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/commonConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/commonConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/commonConfigVersion.cmake
  ${CMAKE_SOURCE_DIR}/cmake/LibTorch.cmake
  DESTINATION ${package})
