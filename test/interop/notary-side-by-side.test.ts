// One journey with the real notary and with ours, step by step on the same services: the same words on stdout, the same
// exit status. Each has a home and a repository of its own, with names of the same length, as tables depend on it.
// Key ids, keys and the home are replaced before the comparison; nothing else is.
import { beforeAll, describe, expect, it } from 'vitest';
import { peer } from '../peers/peers.ts';
import { newPerson, ourProgram, type Person } from '../peers/person.ts';
import { mustRun, type Outcome } from '../peers/program.ts';
import { useScratch } from '../peers/scratch.ts';
import { startTrustServices, type TrustServices } from '../peers/trust-services.ts';

const scratch = useScratch();

interface Side {
  readonly person: Person;
  readonly program: readonly string[];
  readonly gun: string;
}

let services: TrustServices;
let real: Side;
let ours: Side;

beforeAll(async () => {
  services = await startTrustServices(scratch, {
    server: 'notary-server',
    signer: 'notary-signer',
  });
  real = await side('real', [peer('notary')]);
  ours = await side('ours', [...ourProgram('paraph'), 'notary']);
});

async function side(name: string, program: readonly string[]): Promise<Side> {
  const person = await newPerson(scratch, name, {
    trustServer: services.url,
    caFile: services.caFile,
  });
  await person.file('v1', 'content of v1\n');
  await person.file('v2', 'content of v2\n');
  await person.file('custom.json', '{"n": [1, 2], "note": "x"}');
  const { home } = person;
  await mustRun(
    peer('openssl'),
    [
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes',
      '-keyout alice.key -out alice.crt -subj /CN=alice -days 30',
    ].flatMap((part) => part.split(' ')),
    { cwd: home },
  );
  await mustRun(peer('openssl'), ['ec', '-in', 'alice.key', '-pubout', '-out', 'alice.pub'], {
    cwd: home,
  });
  return { person, program, gun: `registry.test/${name}/app` };
}

interface Step {
  /** `GUN` stands for the repository; `ID:ROLE` for the id of a key of that role, `V1` for the hash of that content. */
  readonly words: string;
  readonly input?: string;
}

const step = (words: string, input?: string): Step => ({
  words,
  ...(input === undefined ? {} : { input }),
});

const journey: readonly Step[] = [
  step('list GUN'),
  step('key list'),
  step('status GUN'),
  step('add GUN v1 v1'),
  step('status GUN'),
  step('reset GUN --all'),
  step('status GUN'),
  step('init GUN'),
  step('add GUN v1 v1 --custom custom.json'),
  step('addhash GUN hashed 14 --sha256 V1'),
  step('status GUN'),
  step('publish GUN'),
  step('list GUN'),
  step('lookup GUN v1'),
  step('lookup GUN nothing'),
  step('verify GUN v1 -i v1'),
  step('verify GUN v1', 'content of v1\n'),
  step('verify GUN v1 -q', 'content of v1\n'),
  step('verify GUN v1 -o verified', 'content of v1\n'),
  step('verify GUN v1 -i v2'),
  step('verify GUN nothing -i v1'),
  step('verify GUN v1 -i nowhere'),
  step('delegation list GUN'),
  step('key rotate GUN snapshot -r'),
  step('add GUN v2 v2 -p'),
  step('remove GUN hashed -p'),
  step('list GUN'),
  step('delegation add GUN targets/releases alice.crt alice.pub --all-paths'),
  step('delegation add GUN targets/team alice.pub --paths team/,a/'),
  step('delegation add GUN targets/Bad alice.pub --paths team/'),
  step('delegation add GUN targets/x nowhere.pem --paths team/'),
  step('delegation add GUN targets/x v1 --paths team/'),
  step('status GUN'),
  step('publish GUN'),
  step('delegation list GUN'),
  step('key import alice.key -r alice'),
  step('key list'),
  step('add GUN rel v2 -r targets/releases -p'),
  step('list GUN'),
  step('list GUN -r targets/releases'),
  step('list GUN -r targets/team'),
  step('lookup GUN rel'),
  step('witness GUN targets targets/releases -p'),
  step('delegation remove GUN targets/team --paths a/ -p'),
  step('delegation list GUN'),
  step('delegation remove GUN targets/team', 'no\n'),
  step('delegation remove GUN targets/team', 'YES\n'),
  step('delegation remove GUN targets/none -y'),
  step('status GUN'),
  step('reset GUN -n 1'),
  step('publish GUN'),
  step('delegation list GUN'),
  step('delegation purge GUN --key ID:alice -p'),
  step('delegation list GUN'),
  step('key rotate GUN timestamp'),
  step('key rotate GUN timestamp -r'),
  step('key rotate GUN targets -r'),
  step('key rotate GUN other'),
  step('key rotate GUN targets'),
  step('key rotate GUN snapshot'),
  step('key rotate GUN root', 'no\n'),
  step('key rotate GUN root', 'y\n'),
  step('list GUN'),
  step('key list'),
  step('key export --gun GUN'),
  step('key export'),
  step('key export -o exported.pem'),
  step('key generate'),
  step('key generate -r carol ECDSA'),
  step('key list'),
  step('key remove ID:carol', 'n\n'),
  step('key remove ID:carol', 'yes\n'),
  step('key remove 0000000000000000000000000000000000000000000000000000000000000000'),
  step('key passwd 0000000000000000000000000000000000000000000000000000000000000000'),
  step('delete GUN'),
  step('list GUN'),
  step('delete GUN --remote'),
  step('list GUN'),
  step('delete GUN'),
];

describe('step by step', () => {
  it.each(journey)('notary $words', async ({ words, input }) => {
    const [theirs, own] = [await take(real, words, input), await take(ours, words, input)];
    expect(own).toEqual(theirs);
  });
});

async function take(at: Side, words: string, input: string | undefined) {
  const args = await Promise.all(words.split(' ').map((word) => filled(word, at)));
  const outcome = await at.person.run(at.program, args, input === undefined ? {} : { input });
  return { status: outcome.status, stdout: normal(outcome, at) };
}

async function filled(word: string, { person, gun }: Side): Promise<string> {
  if (word === 'GUN') return gun;
  if (word === 'V1') return '5ce4cc7bcb7c4af2ea4ee7e0ca7fc3b6b3f4ec4d2a9d2f0c70bb3e1a5b7b8c1f';
  const [, role] = /^ID:(.*)$/.exec(word) ?? [];
  if (role === undefined) return word;
  const { stdout } = await person.run([peer('notary')], ['key', 'list']);
  return new RegExp(`^${role} .*\\b([0-9a-f]{64})\\b`, 'm').exec(stdout)?.[1] ?? 'none';
}

function normal({ stdout }: Outcome, { gun }: Side): string {
  return sortedBlocks(stdout)
    .replaceAll(gun, 'GUN')
    .replaceAll(/home-(?:real|ours)\b/g, 'home')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'ID')
    .replaceAll(/^[A-Za-z0-9+/=]{1,64}$/gm, 'BASE64');
}

/** Exported keys come in the order of their ids, which are random; here, in that of their headers. */
function sortedBlocks(text: string): string {
  if (!text.startsWith('-----BEGIN')) return text;
  return text
    .split(/(?<=-----END .*-----\n)/)
    .toSorted(byHeaders)
    .join('');
}

function byHeaders(a: string, b: string): number {
  const headers = (block: string): string => block.replaceAll(/^path: .*$/gm, '');
  return headers(a) < headers(b) ? -1 : 1;
}
