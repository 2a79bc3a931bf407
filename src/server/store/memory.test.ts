import { describe } from 'vitest';
import { MemoryStore } from './memory.ts';
import { storeContract } from './store.contract.ts';

describe('memory store', () => {
  storeContract(async () => new MemoryStore());
});
