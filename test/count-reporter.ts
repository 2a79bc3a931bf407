// Counts the tests of a run as CI does. The line goes to the file that TEST_COUNT_FILE names, so that
// scripts/test.mjs can end with it whatever happens; without the variable it is printed.
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandled.length;
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      if (module.state() === 'failed' && tests.every((test) => test.result().state !== 'failed')) {
        failed += 1;
      }
      for (const test of tests) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        if (state === 'failed') failed += 1;
      }
    }
    const line = `${passed} passed, ${failed} failed\n`;
    const file = process.env.TEST_COUNT_FILE;
    if (file === undefined) process.stdout.write(`\n${line}`);
    else writeFileSync(file, line);
  }
}
