// Carries the precompiled headers of GoogleTest (cmake/modules.cmake, mmm_gtest_pch).
