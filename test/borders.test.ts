// Holds every source file against the borders of the house (test/borders/rules.ts), and shows that the
// rules can fail: each is fed a file that breaks it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { borderFaults, maxLines } from './borders/rules.ts';
import { blankText, readSource } from './borders/source-text.ts';

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|mjs|sh)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('vectors'));
}

describe('the house', () => {
  it('keeps its borders', () => {
    const files = ['src', 'test', 'bench', 'scripts'].flatMap(filesBelow);
    expect(files.length).toBeGreaterThan(10);
    expect(files.flatMap((path) => borderFaults(path, readFileSync(path, 'utf8')))).toEqual([]);
  });
});

describe('a border rule refuses', () => {
  const broken: readonly (readonly [string, string, string])[] = [
    ['an edge that the table forbids', 'src/tuf/a.ts', "import { x } from '../keys/x.ts';"],
    ['a type that crosses the same edge', 'src/tuf/a.ts', "import type { X } from '../keys/x.ts';"],
    [
      'an import spread over lines',
      'src/tuf/a.ts',
      "import {\n  x,\n  y,\n} from '../client/x.ts';",
    ],
    ['a re-export', 'src/daemon/a.ts', "export * from '../tuf/x.ts';"],
    ['a dynamic import', 'src/server/a.ts', "const x = await import('../client/x.ts');"],
    ['a dynamic import of a variable', 'src/server/a.ts', 'const x = await import(name);'],
    ['a bare import', 'src/keys/a.ts', "import '../remote/x.ts';"],
    ['anything of ours in errors.ts', 'src/errors.ts', "import { x } from './encoding/x.ts';"],
    ['an import of the command line', 'src/client/a.ts', "import { x } from '../cli/x.ts';"],
    ['a daemon started past its main', 'src/cli/a.ts', "import { x } from '../server/server.ts';"],
    ['tuf used by the command line', 'src/cli/a.ts', "import { x } from '../tuf/x.ts';"],
    [
      'a grammar in the room of another',
      'src/cli/docker/a.ts',
      "import { x } from '../notary/x.ts';",
    ],
    [
      'a type from the room of another grammar',
      'src/cli/paraph/a.ts',
      "import type { X } from '../docker/x.ts';",
    ],
    ['a grammar known above it', 'src/cli/a.ts', "import { x } from './paraph/x.ts';"],
    [
      'a grammar known to what renders',
      'src/cli/render/a.ts',
      "import type { X } from '../paraph/x.ts';",
    ],
    [
      'a grammar started by what parses',
      'src/cli/cobra/a.ts',
      "import { x } from '../notary/run.ts';",
    ],
    ['a grammar known to Go texts', 'src/cli/go-text/a.ts', "import { x } from '../docker/x.ts';"],
    ['an import from the tests', 'src/client/a.ts', "import { x } from '../../test/x.ts';"],
    ['a wing that is not in the table', 'src/utils/a.ts', 'export const x = 1;'],
    ['the disk in a pure wing', 'src/tuf/a.ts', "import { readFileSync } from 'node:fs';"],
    ['a package in a pure wing', 'src/encoding/a.ts', "import { z } from 'valibot';"],
    ['the clock in a pure wing', 'src/tuf/a.ts', 'const now = Date.now();'],
    ['the clock by a constructor', 'src/tuf/a.ts', 'const now = new Date();'],
    ['the process in a pure wing', 'src/encoding/a.ts', 'const p = process.pid;'],
    ['the environment outside a main', 'src/client/a.ts', 'const home = process.env.HOME;'],
    ['the end of the process outside a main', 'src/cli/a.ts', 'process.exitCode = 1;'],
    ['a file that is too long', 'test/a.ts', '// line\n'.repeat(maxLines + 1)],
  ];
  it.each(broken)('%s', (_name, path, source) => {
    expect(borderFaults(path, source)).toHaveLength(1);
  });
});

describe('a border rule allows', () => {
  const sound: readonly (readonly [string, string, string])[] = [
    ['an edge of the table', 'src/client/publish/a.ts', "import { x } from '../../tuf/x.ts';"],
    ['the own wing', 'src/tuf/a.ts', "import { x } from './x.ts';"],
    ['a named time', 'src/tuf/a.ts', 'const text = new Date(nowMs).toISOString();'],
    ['a forbidden word in a comment', 'src/tuf/a.ts', '// never Date.now(), see process.env\n'],
    ['a forbidden word in a string', 'src/tuf/a.ts', "const x = 'process.env and Date.now()';"],
    ['main at the environment', 'src/signer/main.ts', 'const home = process.env.HOME;'],
    [
      'renamed imports',
      'src/keys/a.ts',
      "import * as a from './b.ts';\nimport { c as d } from './e.ts';",
    ],
    ['a main started by the command line', 'src/cli/a.ts', "await import('../server/main.ts');"],
    ['a grammar that starts another', 'src/cli/paraph/a.ts', "await import('../notary/run.ts');"],
    ['the own grammar', 'src/cli/docker/a.ts', "import { x } from './run.ts';"],
    ['what grammars share', 'src/cli/docker/a.ts', "import { x } from '../line.ts';"],
    ['tuf types in the command line', 'src/cli/a.ts', "import type { X } from '../tuf/x.ts';"],
    ['a test that looks everywhere', 'src/tuf/a.test.ts', "import { x } from '../cli/x.ts';"],
    ['generated files', 'src/daemon/rpc/generated/a.ts', 'const x = process.env;'],
  ];
  it.each(sound)('%s', (_name, path, source) => {
    expect(borderFaults(path, source)).toEqual([]);
  });
});

describe('source text', () => {
  it('keeps code between template parts and after regular expressions', () => {
    const code = blankText('const a = `x${process.pid}y`; const b = /[/"]/.test(c); process.exit;');
    expect(code).toBe('const a = ` ${process.pid} `; const b =       .test(c); process.exit;');
  });

  it('names each specifier with its line', () => {
    const { imports } = readSource(
      "import a, { type B } from './b.ts';\n\nawait import('./c.ts');\n",
    );
    expect(imports).toEqual([
      { specifier: './b.ts', typeOnly: true, line: 1 },
      { specifier: './c.ts', typeOnly: false, line: 3 },
    ]);
  });
});
