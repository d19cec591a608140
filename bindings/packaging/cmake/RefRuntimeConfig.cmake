# find_package(RefRuntime) gives the target RefRuntime::RefRuntime: the shared library with its headers. Nothing here names the place
# where it is installed; the whole prefix may be moved.

get_filename_component(_refruntime_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET RefRuntime::RefRuntime)
  add_library(RefRuntime::RefRuntime SHARED IMPORTED)
  set_target_properties(RefRuntime::RefRuntime PROPERTIES
    IMPORTED_LOCATION "${_refruntime_prefix}/lib/librefruntime.so.1"
    IMPORTED_SONAME librefruntime.so.1
    INTERFACE_INCLUDE_DIRECTORIES "${_refruntime_prefix}/include")
endif()

unset(_refruntime_prefix)
