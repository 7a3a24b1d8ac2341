/** The lock service without its bug: the same sweep passes. */
import { lockService } from './lock-service.mjs';

export default lockService({ answersBeforeSync: false });
