/** Header in which the local command says who runs it, percent-encoded; believed from the platform's administrator alone. */
export const ACTOR_HEADER = "x-serviceradar-actor";
