// Set-up of unit tests: key files of tests get hardly more rounds than Go writes, and can be told from Go's. src/keys/pbes2.test.ts asserts the real
// figure, and programs that tests start as processes of their own use it.
import { vi } from 'vitest';

vi.mock('../../src/keys/written-rounds.ts', () => ({ writtenRounds: 3000 }));
