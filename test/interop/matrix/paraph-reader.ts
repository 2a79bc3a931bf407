// Reading with `paraph inspect` and `paraph verify`.
import { ourProgram } from '../../peers/person.ts';
import type { On, Reader, Release, Tags } from './client.ts';
import { mustDo } from './command.ts';

interface Inspection {
  readonly tags: readonly { readonly tag: string; readonly digest: string; accepted: boolean }[];
}

const hex = (digest: string): string => digest.replace(/^sha256:/, '');

export const paraphReader: Reader = {
  name: 'paraph',
  shows: 'what is decided',

  async tags({ who, gun }: On): Promise<Tags> {
    const args = ['inspect', gun, '--output', 'json'];
    const { stdout } = await mustDo(who, { command: ourProgram('paraph'), args });
    const { tags }: Inspection = JSON.parse(stdout);
    const accepted = tags.filter((each) => each.accepted);
    return new Map(accepted.map(({ tag, digest }) => [tag, hex(digest)]));
  },

  async lookup({ who, gun }: On, { tag }: Release): Promise<string> {
    const args = ['verify', `${gun}:${tag}`];
    const { stdout } = await mustDo(who, { command: ourProgram('paraph'), args });
    return hex(stdout.trim().split('@')[1] ?? stdout);
  },
};
