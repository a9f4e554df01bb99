# Compiler, warnings and sanitizers; every target of ours links `mmm_options`.

option(MMM_TESTS "build the simulator and the tests" ON)
set(MMM_SANITIZE "" CACHE STRING "sanitizers for everything, e.g. address,undefined or thread")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# Depend mode: what a file depends on comes from the compiler's own list, so the first build does not preprocess twice.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

add_library(mmm_options INTERFACE)
# -Wno-missing-field-initializers: designated initialisers that leave defaulted members out are our style.
target_compile_options(mmm_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror
  -Wno-missing-field-initializers -fpch-preprocess)
target_include_directories(mmm_options INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(mmm_options INTERFACE MMM_VERSION="${PROJECT_VERSION}")
if(MMM_SANITIZE)
  target_compile_options(mmm_options INTERFACE -fsanitize=${MMM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(mmm_options INTERFACE -fsanitize=${MMM_SANITIZE})
  # GCC 12 sees ghosts with sanitizers on: maybe-uninitialized in std::optional and std::expected.
  target_compile_options(mmm_options INTERFACE -Wno-maybe-uninitialized)
endif()
