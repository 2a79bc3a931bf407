// The one figure of key files that tests lower: deriving a key is made slow on purpose, and they do it by the hundred.

/**
 * Rounds of PBKDF2 for new key files: a quarter of a second here and in docker, which derives in Go (record 6).
 * Files say their own figure, so this can be raised in any release.
 */
export const writtenRounds = 600_000;
