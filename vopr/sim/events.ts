/** Kinds of events on the simulator's heap; a, b, c and ref are said beside each. */

/** A message arrives. a: port of the receiver, b: address of the sender, c: fate; ref: message. */
export const EVENT_DELIVER = 1;
/** A node wants to be woken. a: node, b: wake generation. */
export const EVENT_WAKE = 2;
/** A sync completes. a: node, b: sync slot, c: power generation of the disk. */
export const EVENT_SYNCED = 3;
/** A client wants to be woken. a: client, b: wake generation. */
export const EVENT_CLIENT = 4;
/** A node restarts. a: node, b: incarnation that ended. */
export const EVENT_RESTART = 5;
/** A link fault begins. */
export const EVENT_LINK_FAULT = 6;
/** A link fault ends. a: episode. */
export const EVENT_LINK_HEALS = 7;
/** A wall clock misbehaves. a: node. */
export const EVENT_CLOCK = 8;
/** The storm is over at the latest. a: generation. */
export const EVENT_STORM_ENDS = 9;
/** Has the core converged? */
export const EVENT_CONVERGED = 10;
/** A scenario acts. a: index of the action. */
export const EVENT_SCRIPT = 11;
/** A turn that took in several inputs ends. a: node, b: incarnation. */
export const EVENT_FLUSH = 12;
