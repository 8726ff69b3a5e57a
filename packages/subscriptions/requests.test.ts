import { MemoryRequests } from './memory-requests.ts';
import { requestsContract } from './requests.contract.ts';

let made = 0;
requestsContract(
  'memory',
  async () => new MemoryRequests(Date.now),
  () => `name-${made++}`,
);
