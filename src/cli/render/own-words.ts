// Advice of the client names commands of notary, which its users know. Here it names our own.

const translations: readonly (readonly [of: string, own: string])[] = [
  ['`notary key import FILE`', '`paraph key import FILE`'],
  ['notary key import FILE does too', 'paraph key import FILE does too'],
  ['`notary reset`', '`paraph status IMAGE --reset N`'],
];

/** Forgetting a repository by hand; the command keeps what others have in the same folder, and says what it keeps. */
const byHand = /by removing \S.*?(?= and run the command again|, then sign again)/gs;

export function inOwnWords(advice: string): string {
  return translations
    .reduce((text, [of, own]) => text.replaceAll(of, own), advice)
    .replaceAll(byHand, 'with `paraph delete IMAGE`');
}
