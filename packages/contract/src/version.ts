/** The link's own version. Both ends must have the same; a mismatch is refused with both named. */
export const contractVersion = 4;
