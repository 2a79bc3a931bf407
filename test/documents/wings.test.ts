// The table of docs/architecture.md is the one that test/borders/rules.ts enforces.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { mayImport } from '../borders/rules.ts';

it('the house names for each wing what it may import', () => {
  const page = readFileSync('docs/architecture.md', 'utf8');
  const rows = [...page.matchAll(/^\| `src\/([\w.]+)\/?` \| .* \| (.*) \|$/gm)];
  const told = rows.map(([, wing = '', imports = '']) => [wing, listed(imports, wing)]);
  const enforced = Object.entries(mayImport).map(([wing, imports]) => [
    wing,
    imports.map((name) => name.replace(/\.ts$/, '')).toSorted(),
  ]);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(enforced));
});

function listed(imports: string, wing: string): readonly string[] {
  if (imports === 'nothing') return [];
  const names = imports.replace(' (types alone)', '').split(', ');
  if (imports !== 'everything') return names.toSorted();
  const all = Object.keys(mayImport).filter((name) => name !== wing && name !== 'version.ts');
  return all.map((name) => name.replace(/\.ts$/, '')).toSorted();
}
