import { createMemoryStore } from './memory.ts';
import { describeStore } from './subscriptions.contract.ts';

describeStore('the store in memory', async () => {
  const store = createMemoryStore(Date.now);
  return {
    store,
    goAway: () => store.goAway(),
    comeBack: () => store.comeBack(),
    wipe: () => store.wipe(),
    loseSentinel: () => store.loseSentinel(),
    close: () => store.close(),
  };
});
