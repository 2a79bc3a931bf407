import { describe, expect, it } from 'vitest';
import type { PushProgress } from '../../remote/engine.ts';
import { PushView } from './push-progress.ts';

const line = (id: string, status: string, current?: number, total?: number): PushProgress => ({
  id,
  status,
  current,
  total,
});

function shown(steps: readonly PushProgress[], terminal: { columns: number } | undefined): string {
  const out: string[] = [];
  const write = (text: string | Uint8Array) => out.push(text.toString());
  const view = new PushView(
    terminal === undefined ? { write } : { write, isTTY: true, ...terminal },
  );
  for (const step of steps) view.show(step);
  return out.join('');
}

const escape = String.fromCharCode(27);
const control = new RegExp(`^${escape}\\[(\\d*)([A-Z])$`);
const pieces = new RegExp(`${escape}\\[\\d*[A-Z]|[\\r\\n]|[^${escape}\\r\\n]+`, 'g');

/** What a terminal shows in the end. */
function screen(text: string): readonly string[] {
  const lines: string[] = [''];
  let row = 0;
  for (const [part] of text.matchAll(pieces)) {
    const [, count = '1', what] = control.exec(part) ?? [];
    if (what === 'A') row -= Number(count);
    else if (what === 'B') row += Number(count);
    else if (what === 'K') lines[row] = '';
    else if (part === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (part !== '\r') lines[row] = part;
  }
  return lines;
}

const steps = [
  line('', 'The push refers to repository [r]'),
  line('aaa', 'Preparing'),
  line('bbb', 'Preparing'),
  line('aaa', 'Pushing', 5_000_000, 10_000_000),
  line('bbb', 'Layer already exists'),
  line('aaa', 'Pushed'),
  line('', 'v1: digest: sha256:x size: 1'),
];

describe('the progress of a push', () => {
  it('is a line a step where nobody watches, without counts', () => {
    expect(shown(steps, undefined)).toBe(
      'The push refers to repository [r]\naaa: Preparing\nbbb: Preparing\nbbb: Layer already exists\naaa: Pushed\nv1: digest: sha256:x size: 1\n',
    );
  });

  it('is a line a layer on a terminal', () => {
    expect(screen(shown(steps, { columns: 80 }))).toEqual([
      'The push refers to repository [r]',
      'aaa: Pushed',
      'bbb: Layer already exists',
      'v1: digest: sha256:x size: 1',
      '',
    ]);
  });

  it('has a bar while bytes move', () => {
    expect(screen(shown(steps.slice(0, 4), { columns: 80 }))[1]).toBe(
      `aaa: Pushing  [${'='.repeat(15)}>${' '.repeat(15)}] 5.00MB/10.00MB`,
    );
  });

  it('never breaks a line, whose number counts', () => {
    const long = [line('aaa', 'x'.repeat(200)), line('aaa', 'Pushed')];
    expect(screen(shown(long, { columns: 50 }))).toEqual(['aaa: Pushed', '']);
    expect(shown(long.slice(0, 1), { columns: 50 })).toHaveLength(50);
  });
});
