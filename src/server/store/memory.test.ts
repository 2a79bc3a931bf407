import { describe } from 'vitest';
import { storeContract } from '../../../test/server/store.contract.ts';
import { MemoryStore } from './memory.ts';

describe('memory store', () => {
  storeContract(async () => new MemoryStore());
});
