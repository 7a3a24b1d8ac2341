/**
 * Operation numbers: what a prepare asks the state machine to do. The replica knows only those
 * below `OPERATION_KERNEL_MIN`; the kernel defines the rest (`core/kernel`).
 */

/** Op 0 of every cluster; never executed. */
export const OPERATION_ROOT = 0;
/** Registers a client session. */
export const OPERATION_REGISTER = 1;
/** Changes nothing: proposed where the log must move on without a request. */
export const OPERATION_NOOP = 2;
export const OPERATION_KERNEL_MIN = 16;
