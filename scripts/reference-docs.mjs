// Writes the pages of docs/reference that are made from the sources, so that they cannot drift: errors
// from the catalogue, commands from the command table. With --check it writes nothing and fails when a
// page is not what the sources say.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { loadTypeScript } from './load-typescript.mjs';

const made = (source) => `<!-- Made by \`npm run docs\` from ${source}; edit that instead. -->\n\n`;

/** What each exit status means to a script, by its name in the sources. */
const exitMeaning = {
  done: 'done',
  failed: 'failed otherwise',
  usage: 'the command or its configuration was wrong',
  refused: 'refused: what the server or cache says is not to be trusted',
  unsigned: 'nothing signed: no trust data for the repository, or the tag is not signed',
  expired: 'expired: trust data, certificate or clock',
  unreachable: 'not reached: network, TLS, time limit, server error',
  denied: 'not allowed: login or rights',
  key: 'a key: missing, passphrase, damaged',
  conflict: 'conflict: someone published meanwhile, or the repository exists already',
  machine: 'this machine: lock, disk, permissions, damaged file',
};

const cell = (text) => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
const row = (...cells) => `| ${cells.map((text) => cell(String(text))).join(' | ')} |`;

function errorsPage({ catalogue, exitStatus }) {
  const lines = [
    '# Errors',
    '',
    'Each error that Paraph reports carries one of these codes, in brackets after its message and as',
    '`code` in `--output json`. Codes and exit statuses are stable; the words around them are not.',
    '`paraph-server` and `paraph-signer` log them and end with status 1, as the Go programs do.',
    '',
    row('exit', 'means'),
    row('---', '---'),
  ];
  for (const [name, status] of Object.entries(exitStatus)) {
    const meaning = exitMeaning[name];
    if (meaning === undefined) throw new Error(`exit status ${name} has no sentence here`);
    lines.push(row(status, meaning));
  }
  for (const [name, status] of Object.entries(exitStatus)) {
    const entries = Object.entries(catalogue).filter(([, entry]) => entry.exit === status);
    if (entries.length === 0) continue;
    lines.push('', `## Exit ${status}: ${exitMeaning[name]}`, '');
    lines.push(row('code', 'what happened', 'what to do'), row('---', '---', '---'));
    for (const [code, { summary, remedy }] of entries) {
      lines.push(row(`\`${code}\``, `${summary}.`, remedy));
    }
  }
  return `${made('src/errors.ts')}${lines.join('\n')}\n`;
}

const title = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function commandsPage({ commands }) {
  const lines = [
    '# Commands',
    '',
    '`paraph help` shows the commands on one screen, `paraph COMMAND --help` one of them. Results go to',
    'stdout, everything else to stderr; exit statuses and error codes are listed in',
    '[errors](errors.md).',
  ];
  for (const group of new Set(commands.map((spec) => spec.group))) {
    lines.push('', `## ${title(group)}`);
    for (const spec of commands.filter((each) => each.group === group)) {
      lines.push(...commandSection(spec));
    }
  }
  return `${made('src/cli/paraph/commands.ts')}${lines.join('\n')}\n`;
}

function commandSection(spec) {
  const usage = ['paraph', spec.name, spec.flags.length > 0 ? '[FLAG…]' : '', spec.arguments];
  const lines = ['', `### paraph ${spec.name}`, '', `${title(spec.summary)}.`];
  if (spec.about !== undefined) lines[3] += ` ${spec.about}`;
  lines.push('', '```', usage.filter((part) => part !== '').join(' '), '```', '');
  lines.push(row('example', 'what it does'), row('---', '---'));
  for (const [command, effect] of spec.examples) lines.push(row(`\`${command}\``, effect));
  if (spec.flags.length === 0) return lines;
  lines.push('', row('flag', 'meaning'), row('---', '---'));
  for (const { name, value, choices, summary } of spec.flags) {
    const placeholder = choices?.join('|') ?? value;
    lines.push(row(`\`--${name}${placeholder === undefined ? '' : ` ${placeholder}`}\``, summary));
  }
  return lines;
}

/** The pages: where each lies, the module it is made from, and how. */
const pages = [
  ['docs/reference/errors.md', 'src/errors.ts', errorsPage],
  ['docs/reference/commands.md', 'src/cli/paraph/commands.ts', commandsPage],
];

const check = process.argv.includes('--check');
for (const [path, source, write] of pages) {
  const text = write(await loadTypeScript(source));
  const old = existsSync(path) ? await readFile(path, 'utf8') : undefined;
  if (old === text) continue;
  if (check) {
    console.error(`${path} is not what ${source} says; run: npm run docs`);
    process.exitCode = 1;
  } else {
    await writeFile(path, text);
    console.log(`wrote ${path}`);
  }
}
