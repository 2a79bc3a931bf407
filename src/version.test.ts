import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { version } from './version.ts';

it('is the version of the package, and of its lock file', () => {
  for (const file of ['package.json', 'package-lock.json']) {
    const released = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    expect(released.version, file).toBe(version);
  }
});
