#include "check.hpp"

#include <cstdio>

int main() {
    int passed = 0, failed = 0;
    for (const check::test &each : check::tests()) {
        try {
            each.run();
            passed++;
        } catch (const check::failure &problem) {
            failed++;
            std::printf("FAILED %s\n    %s\n", each.name, problem.what.c_str());
        } catch (const std::exception &problem) {
            failed++;
            std::printf("FAILED %s\n    threw: %s\n", each.name, problem.what());
        }
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed != 0 || passed == 0;
}
