// The borders between the wings of src/, as one table, and the rules that go with them. A wing may
// import itself and what its row names; nothing else of ours. Tests beside the sources are exempt.
import { posix } from 'node:path';
import { readSource, type SourceText } from './source-text.ts';

/** Files that every wing may import. */
const forAll: readonly string[] = ['version.ts'];

/** Row: a wing; entries: wings (or single files) it may import. Everything is a path below src/. */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'version.ts': [],
  encoding: ['errors.ts'],
  disk: ['errors.ts'],
  config: ['errors.ts', 'encoding', 'disk'],
  tuf: ['errors.ts', 'encoding'],
  keys: ['errors.ts', 'encoding', 'disk', 'tuf'],
  remote: ['errors.ts', 'encoding', 'tuf'],
  client: ['errors.ts', 'encoding', 'disk', 'tuf', 'keys', 'remote'],
  daemon: ['errors.ts', 'encoding', 'config'],
  server: ['errors.ts', 'encoding', 'config', 'tuf', 'daemon'],
  signer: ['errors.ts', 'encoding', 'config', 'tuf', 'daemon'],
  cli: [
    'errors.ts',
    'encoding',
    'disk',
    'config',
    'client',
    'keys',
    'remote',
    'tuf',
    'sandbox',
    'server/main.ts',
    'signer/main.ts',
  ],
  sandbox: [
    'errors.ts',
    'encoding',
    'disk',
    'config',
    'tuf',
    'keys',
    'remote',
    'client',
    'daemon',
    'server',
    'signer',
    'cli',
  ],
};

/** The command lines, each a room of `cli` that knows no other; it may start another one by its `run.ts`. */
const grammars: readonly string[] = ['cli/paraph', 'cli/notary', 'cli/docker'];
/** Rooms of `cli` that serve all grammars and know none. */
const servingRooms: readonly string[] = ['cli/render', 'cli/cobra', 'cli/go-text'];

/** Wings without disk, net, process and clock, and all that they may take from outside src/. */
const pureWings: readonly string[] = ['encoding', 'tuf'];
const pureModules: readonly string[] = ['node:buffer', 'node:crypto', 'node:util'];

/** Words that reach the world without an import. */
const impureWords: readonly RegExp[] = [
  /\bDate\.now\b/,
  /\bnew Date\s*(?:\(\s*\)|(?!\s*\())/,
  /(?<![\w.]|new )Date\s*\(/,
  /\bprocess\b/,
  /\bperformance\b/,
  /\bglobalThis\b/,
  /\bset(?:Timeout|Interval|Immediate)\b/,
  /\bfetch\s*\(/,
  /\bconsole\b/,
  /\bMath\.random\b/,
  /\brequire\s*\(/,
];

/** Only a main may look at the environment or end the process. */
const mainWords: readonly RegExp[] = [
  /\bprocess\.env\b/,
  /\bprocess\.exit\b/,
  /\bprocess\.exitCode\b/,
  /\bprocess\.abort\b/,
];

/** Most lines a file may have; generated files and the one catalogue, which is a table, are exempt. */
export const maxLines = 400;

const generated = /(^|\/)generated\//;
const tables: readonly string[] = ['src/errors.ts'];
const isTest = (path: string): boolean => path.endsWith('.test.ts');

/**
 * What is wrong with the file at `path` (relative to the project, `src/tuf/role.ts`), one clause each,
 * with its line where there is one. An empty list means that the file keeps the borders.
 */
export function borderFaults(path: string, source: string): readonly string[] {
  if (generated.test(path)) return [];
  const text = readSource(source);
  const faults =
    text.lines > maxLines && !tables.includes(path)
      ? [`${path}: ${text.lines} lines, at most ${maxLines}`]
      : [];
  if (!path.startsWith('src/') || isTest(path)) return faults;
  const file = path.slice('src/'.length);
  return [...faults, ...importFaults(file, text), ...wordFaults(file, text)];
}

function wingOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function importFaults(file: string, text: SourceText): readonly string[] {
  const wing = wingOf(file);
  const allowed = mayImport[wing];
  if (allowed === undefined) return [`src/${file}: ${wing} is not a wing of the house`];
  const faults: string[] = [];
  for (const edge of text.imports) {
    const problem =
      edge.specifier === undefined
        ? 'imports something that is not named by a literal'
        : edge.specifier.startsWith('.')
          ? ownImportProblem(file, wing, allowed, edge.specifier, edge.typeOnly)
          : outsideImportProblem(wing, edge.specifier);
    if (problem !== undefined) faults.push(`src/${file}:${edge.line}: ${problem}`);
  }
  return faults;
}

function ownImportProblem(
  file: string,
  wing: string,
  allowed: readonly string[],
  specifier: string,
  typeOnly: boolean,
): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(file), specifier));
  if (target.startsWith('..')) return `${specifier} lies outside src/`;
  if (isTest(target)) return `${specifier} is a test`;
  if (wing === 'cli') {
    const problem = roomProblem(file, target);
    if (problem !== undefined) return problem;
  }
  if (wingOf(target) === wing || (forAll.includes(target) && wing !== 'errors.ts'))
    return undefined;
  if (!allowed.some((entry) => target === entry || target.startsWith(`${entry}/`))) {
    return `${wing} may not import ${target}`;
  }
  if (wing === 'cli' && wingOf(target) === 'tuf' && !typeOnly) {
    return `cli may import types from tuf, no values (${target})`;
  }
  return undefined;
}

/** Inside `cli`: what grammars share lies above them, not in one of them. */
function roomProblem(file: string, target: string): string | undefined {
  const room = posix.dirname(file);
  const grammar = grammars.find((name) => target.startsWith(`${name}/`));
  if (grammar === undefined || grammar === room) return undefined;
  if (servingRooms.includes(room)) return `${room} knows no grammar and may not import ${target}`;
  if (target === `${grammar}/run.ts`) return undefined;
  return `${room} may not import ${target}: a grammar is started by its run.ts`;
}

function outsideImportProblem(wing: string, specifier: string): string | undefined {
  if (!pureWings.includes(wing) || pureModules.includes(specifier)) return undefined;
  return `${wing} is pure and may not import ${specifier}`;
}

function wordFaults(file: string, text: SourceText): readonly string[] {
  const faults: string[] = [];
  const scan = (words: readonly RegExp[], why: string): void => {
    for (const [index, line] of text.code.split('\n').entries()) {
      for (const word of words) {
        const found = word.exec(line);
        if (found !== null) faults.push(`src/${file}:${index + 1}: ${found[0].trim()}: ${why}`);
      }
    }
  };
  if (pureWings.includes(wingOf(file))) scan(impureWords, `${wingOf(file)} is pure`);
  if (posix.basename(file) !== 'main.ts') scan(mainWords, 'only a main.ts may do this');
  return faults;
}
