// Every journey of the content-trust documentation, with the test that plays it: its file, and words of its name or of
// the step. Journeys that have no test yet are at the end, each with the reason.

interface Shown {
  readonly file: string;
  readonly words: string;
}

const engine = 'test/interop/engine-journey.ts';
const ourEngine = 'test/interop/docker-trust-engine.test.ts';
/** 80 checks with docker 28 on Go's services and ours, and with docker-trust in its place on ours. */
const smoke = 'test/interop/docker-cli-smoke.sh';
const sideBySide = 'test/interop/notary-side-by-side.test.ts';
const rotation = 'test/interop/rotation-seen-by-go.ts';
const matrix = 'test/interop/matrix/steps-of-access.ts';
const besideGo = 'test/keys/beside-go.test.ts';
const inTurn = 'test/interop/trust-directory-in-turn.test.ts';
const withEngine = 'test/interop/journeys/with-engine.test.ts';
const delegations = 'test/interop/journeys/delegations.test.ts';
const automation = 'test/interop/journeys/automation-and-keys.test.ts';
const server = 'src/server/server.test.ts';
const consumer = 'test/attacks/consumer.test.ts';

const at = (file: string, words: string): Shown => ({ file, words });

export const journeys: Readonly<Record<string, readonly Shown[]>> = {
  A1: [
    at(engine, 'makes the keys at the first trusted push'),
    at(ourEngine, 'pushes and signs the first image, and docker pulls it'),
  ],
  A2: [at(engine, 'makes no second root key for a second repository')],
  A3: [at(withEngine, 'A3 ')],
  A4: [at(withEngine, 'A4 '), at(engine, 'keeps giving the signed image when the tag is moved')],
  A5: [
    at(engine, 'gives the signed digest to another machine'),
    at(engine, 'refuses a tag that nobody signed'),
    at(smoke, 'trusted pull of an unknown repository'),
  ],
  A6: [at(smoke, 'pull by digest is always allowed')],
  A7: [at(withEngine, 'A7 ')],
  A8: [at(withEngine, 'A8 '), at(smoke, 'FROM is rewritten to the digest')],
  B1: [at(smoke, "t 'key generate' ")],
  B2: [at(smoke, 'key load (RSA, PKCS#1 or PKCS#8)')],
  B3: [at(smoke, 'signer add initialises')],
  B4: [at(smoke, "t 'sign' "), at(ourEngine, 'pushes and signs the first image')],
  B5: [
    at(smoke, 'pretty inspect shows tag and signer'),
    at(smoke, 'inspect of an unknown repository'),
  ],
  B6: [at(smoke, 'revoke one tag'), at(smoke, 'revoke all')],
  B7: [at(smoke, 'both signers appear'), at(smoke, 'sign again needs no engine')],
  B8: [at(delegations, 'B8 '), at(smoke, 'signer remove')],
  B9: [at(smoke, 'signed by the repository key'), at(smoke, 'sign after login creates the signer')],
  C1: [at(inTurn, 'the first makes the keys, and all sign with them')],
  C2: [at(delegations, 'C2, C4, C5 ')],
  C3: [at(delegations, 'C3 ')],
  C4: [at(delegations, 'C2, C4, C5 ')],
  C5: [at(delegations, 'C2, C4, C5 '), at(sideBySide, "step('delegation list GUN')")],
  C6: [at(delegations, 'C6 '), at(withEngine, 'C6 ')],
  C7: [at(delegations, 'C7 ')],
  C8: [
    at(sideBySide, String.raw`step('delegation remove GUN targets/team', 'no\n')`),
    at(sideBySide, String.raw`step('delegation remove GUN targets/team', 'YES\n')`),
  ],
  C9: [at(delegations, 'C9 '), at(delegations, 'C6 signs as the collaborator')],
  D1: [at(automation, 'D1 ')],
  D2: [at(automation, 'D2 '), at(matrix, 'export async function token(')],
  D3: [at(delegations, 'D3 ')],
  D4: [at(delegations, 'D4 ')],
  D5: [at(delegations, 'D5 ')],
  D6: [at(sideBySide, String.raw`step('key remove ID:carol', 'yes\n')`)],
  D7: [at(delegations, 'D7 ')],
  E1: [at(smoke, 'export DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE'), at(smoke, 'revoke -y')],
  E2: [at(automation, 'E2 ')],
  E3: [at(automation, 'E3 '), at(ourEngine, 'does not push when the passphrase is wrong')],
  E4: [at(automation, 'E4 ')],
  F1: [at(automation, 'F1 '), at(withEngine, 'F1, F5, F6 ')],
  F2: [at(automation, 'F2 '), at(besideGo, 'exported by either are imported by the other')],
  F3: [at(besideGo, 'whose passphrase we changed open in notary')],
  F4: [at(automation, 'F4 '), at(smoke, 'docker push with a local snapshot key')],
  F5: [at(automation, 'F5 '), at(withEngine, 'F1, F5, F6 ')],
  F6: [at(withEngine, 'F1, F5, F6 '), at(rotation, 'follows over three roots at once')],
  F7: [
    at(sideBySide, "step('key rotate GUN timestamp -r')"),
    at(rotation, "['snapshot', 'server']"),
  ],
  F8: [at(withEngine, 'F8 '), at(rotation, 'refuses what we made anew after a deletion')],
  F10: [at(besideGo, 'are those of notary for a new root key')],
  // Its steps 7 (b) to (e), and every pull without docker, come with our own pull.
  G: [
    at('src/sandbox/sandbox.test.ts', 'is told with real commands, each attack refused'),
    at(consumer, 'an edited targets file'),
    at(consumer, 'a replay of the whole old state'),
    at(consumer, 'a freeze, once the newest timestamp has run out'),
    at(consumer, 'a timestamp of another repository'),
    at(consumer, 'another repository under the same name'),
  ],
  H2: [at(engine, 'refuses to pull with a %s CA')],
  H3: [at(server, 'stands before every route but health and metrics')],
  H4: [at(server, 'names the signer while it is away')],
  H5: [at('src/signer/server.test.ts', 'is a client with a certificate of the client CA')],
  H6: [at(matrix, 'export async function token('), at(automation, 'D2 ')],
  H7: [
    at('test/interop/kill-our-services.test.ts', 'nothing confirmed is lost'),
    at('src/signer/server.test.ts', 'may be of several aliases, and the default one may change'),
  ],
};

/** What no test shows yet, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  F9: 'root keys on hardware: nothing here speaks to a token yet',
  H1: 'one command for server, signer and database: the sandbox has the first two; a compose file comes later',
};
