// `paraph key passphrase ID…`: gives private keys another passphrase. The new one is asked for at a terminal.
import { exitStatus } from '../../errors.ts';
import { keyJson, keyWords } from '../render/key.ts';
import type { CommandBody } from './command.ts';
import { KeyDesk } from './key-desk.ts';
import { keyNamed, requireKeyId } from './named-key.ts';

export const run: CommandBody['run'] = (invocation) => {
  const { args, name } = invocation;
  for (const id of args) requireKeyId(id, name);
  return KeyDesk.open(invocation, async ({ keys, reporter }) => {
    const known = await keys.list();
    const named = new Set(args.map((id) => keyNamed(id, known, name)));
    for (const key of named) {
      await keys.changePassphrase(key.id);
      reporter.line(`changed  passphrase of ${keyWords(key)}`);
    }
    reporter.result([], { keys: [...named].map(keyJson) });
    return exitStatus.done;
  });
};
