# Our modules. A module lists its sources and the only modules it may see; tools/tidy checks the includes against it.

# mmm_module(NAME dir SOURCES … USES module… LIBRARIES external…)
function(mmm_module name)
  cmake_parse_arguments(M "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(mmm_${name} STATIC ${M_SOURCES})
  list(TRANSFORM M_USES PREPEND mmm_)
  target_link_libraries(mmm_${name} PUBLIC mmm_options ${M_USES} ${M_LIBRARIES})
endfunction()

# The precompiled headers of GoogleTest, and no optimisation: with sanitizers GCC 12 takes up to 37 s for a file of
# assertions at -O1, 14 s at -O0, and what is tested is compiled elsewhere.
function(mmm_gtest_pch target)
  target_compile_options(${target} PRIVATE -O0)
  target_precompile_headers(${target} REUSE_FROM mmm_gtest_headers)
endfunction()

# A test program: GoogleTest, one file or a few.
function(mmm_test name)
  cmake_parse_arguments(M "" "" "SOURCES;USES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${M_SOURCES})
  list(TRANSFORM M_USES PREPEND mmm_)
  target_link_libraries(${name} PRIVATE mmm_options ${M_USES} ${M_LIBRARIES} GTest::gmock GTest::gtest_main)
  mmm_gtest_pch(${name})
  if(NOT M_LABELS)
    set(M_LABELS fast)
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${M_LABELS}" TIMEOUT 300)
endfunction()
