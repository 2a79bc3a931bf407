// How a grammar speaks of passphrases: its words, the variables it looks at, and how often it asks. What is
// done with the answers is the same for all of them and stands in passphrase.ts.
//
// The words of notary and docker were taken down from notary 0.7.0 and docker 28 at a terminal (notary CLI
// §5, docker trust §7); scripts that drive them wait for exactly these.
import { describeKey, type PassphraseRequest } from './key-store.ts';
import {
  hasEightBytes,
  isLongEnough,
  minPassphraseCharacters,
  passphraseStrength,
} from './passphrase-quality.ts';
import { dockerVariables, notaryVariables, passphraseVariables } from './passphrase-variables.ts';

export interface PassphraseVoice {
  /** Names of the variables that answer for a key of `role`, in the order in which they are tried. */
  variablesFor(role: string): readonly string[];
  /** Where questions are answered: at a terminal that shows them, at any terminal, or by whatever is the input. */
  readonly answersFrom: 'seen-terminal' | 'terminal' | 'input';
  /** Questions for one key before giving up. */
  readonly maxQuestions: { readonly existing: number; readonly chosen: number };
  /** Name under which what was typed answers again later; undefined when it is asked for each time. */
  keptAs(request: PassphraseRequest): string | undefined;
  /** True when the answer kept under that name also becomes the passphrase of a new key. */
  readonly reusesForNewKeys: boolean;
  isLongEnough(passphrase: Uint8Array): boolean;
  /** True when a variable, file or descriptor must be long enough for a new key too. */
  readonly judgesGiven: boolean;

  /** Asks for the passphrase of an existing key. */
  question(request: PassphraseRequest): string;
  /** Asks for the passphrase of a new key. */
  newQuestion(request: PassphraseRequest): string;
  repeat(request: PassphraseRequest): string;
  /** Told once, before a passphrase for a root key is chosen. */
  readonly rootWarning: readonly string[];
  /** Told of a new passphrase that is long enough. */
  praise(passphrase: Uint8Array): readonly string[];
  readonly tooShort: string;
  readonly mismatch: string;
  readonly incorrect: string;

  /** Message of the failure after the last wrong one; `what` names where it came from. */
  refused(what: string, request: PassphraseRequest): string;
  /** Message of the failure when no new one was chosen. */
  unchosen(request: PassphraseRequest): string;
  /** Message of the failure when there is nothing to ask. */
  missing(request: PassphraseRequest): string;
}

const paraphMinimum = `at least ${minPassphraseCharacters} characters`;

export const paraphVoice: PassphraseVoice = {
  variablesFor: passphraseVariables,
  answersFrom: 'seen-terminal',
  maxQuestions: { existing: 3, chosen: 3 },
  keptAs: ({ keyId }) => (keyId === '' ? undefined : keyId),
  reusesForNewKeys: false,
  isLongEnough,
  judgesGiven: true,
  question: (request) => `Passphrase for ${describeKey(request)}: `,
  newQuestion: (request) => `New passphrase for ${describeKey(request)} (${paraphMinimum}): `,
  repeat: () => 'The same passphrase again: ',
  rootWarning: [],
  praise: (passphrase) => {
    const strength = passphraseStrength(passphrase);
    if (strength !== 'weak') return [`Strength: ${strength}.`];
    return ['Strength: weak. Whoever copies the key file can guess it.'];
  },
  tooShort: `Too short: ${paraphMinimum}; a random one from a password manager is best.`,
  mismatch: 'The two differ.',
  incorrect: 'That passphrase does not open the key.',
  refused: (what, request) => `${what} does not open ${describeKey(request)}`,
  unchosen: (request) => `no passphrase was chosen for ${describeKey(request)}`,
  missing: (request) => `no passphrase for ${describeKey(request)}, and no terminal to ask at`,
};

/** Hex digits of an id in the prompts of Go. */
const shownDigits = 7;

const exhausted = 'maximum number of passphrase attempts exceeded';
const invalid = 'password invalid, operation has failed.';

/** What notary and docker have from the library that both are made with. */
const goWords = {
  maxQuestions: { existing: 4, chosen: 12 },
  reusesForNewKeys: true,
  isLongEnough: hasEightBytes,
  judgesGiven: false,
  rootWarning: [
    'You are about to create a new root signing key passphrase. This passphrase',
    'will be used to protect the most sensitive key in your signing system. Please',
    'choose a long, complex passphrase and be careful to keep the password and the',
    'key file itself secure and backed up. It is highly recommended that you use a',
    'password manager to generate the passphrase and keep it safe. There will be no',
    'way to recover this key. You can find the key in your config directory.',
  ],
  praise: () => [],
  tooShort:
    'Passphrase is too short. Please use a password manager to generate and store a good random passphrase.',
  mismatch: 'Passphrases do not match. Please retry.',
  incorrect: 'Passphrase incorrect. Please retry.',
  refused: () => invalid,
  unchosen: () => exhausted,
  missing: ({ isNew }: PassphraseRequest) => (isNew ? exhausted : invalid),
} as const;

export const notaryVoice: PassphraseVoice = {
  ...goWords,
  variablesFor: notaryVariables,
  answersFrom: 'terminal',
  keptAs: ({ role }) => role,
  ...goQuestions(({ role }) => role),
};

/** What docker calls a key that it asks about, where that is not its role. */
const dockerAliases: ReadonlyMap<string, string> = new Map([
  ['targets', 'repository'],
  ['snapshot', 'repository'],
]);
/** The name of a key from a file, of which nothing is known before it is open. */
const unknownAlias = 'encrypted';

const isUnknown = ({ keyId, isNew }: PassphraseRequest): boolean => keyId === '' && !isNew;

export const dockerVoice: PassphraseVoice = {
  ...goWords,
  variablesFor: dockerVariables,
  answersFrom: 'input',
  keptAs: (request) => (isUnknown(request) ? unknownAlias : request.role),
  ...goQuestions((request) =>
    isUnknown(request) ? unknownAlias : (dockerAliases.get(request.role) ?? request.role),
  ),
};

function goQuestions(
  aliasOf: (request: PassphraseRequest) => string,
): Pick<PassphraseVoice, 'question' | 'newQuestion' | 'repeat'> {
  const named = (request: PassphraseRequest): string => {
    const id = request.keyId === '' ? '' : ` with ID ${request.keyId.slice(0, shownDigits)}`;
    return `${aliasOf(request)} key${id}: `;
  };
  return {
    question: (request) => `Enter passphrase for ${named(request)}`,
    newQuestion: (request) => `Enter passphrase for new ${named(request)}`,
    repeat: (request) => `Repeat passphrase for new ${named(request)}`,
  };
}
