/** The shells that can complete the command. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** The word before those that a shell wants to complete. It is for the scripts of `completion` alone. */
export const completing = '__complete'
