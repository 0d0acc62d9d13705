// What the tests of compiled parts hold to: a line that does not hold ends the run.
#pragma once

#include <cstdio>
#include <cstdlib>

inline int passed = 0;

inline void check(bool held, const char* what, int line) {
    if (!held) {
        std::fprintf(stderr, "line %d: %s\n", line, what);
        std::exit(1);
    }
    ++passed;
}
#define CHECK(what) check((what), #what, __LINE__)
