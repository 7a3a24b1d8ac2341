/**
 * The lock service with its bug: `npx vopr sweep --system docs/examples/lock-service/buggy.mjs`.
 */
import { lockService } from './lock-service.mjs';

export default lockService({ answersBeforeSync: true });
