// Why a root came to be trusted, in words: the one place, for the refusal of a changed root and for grammars.
import type { TrustReason } from '../trustdir/generations.ts';

export const trustReasonWords: Readonly<Record<TrustReason, string>> = {
  'first-use': 'first use',
  'certificate-pin': 'pinned certificate',
  'root-key-pin': 'pinned root key',
  'ca-pin': 'pinned authority',
  'made-here': 'made here',
  cache: 'found in the trust directory',
};
