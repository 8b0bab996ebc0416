/** Whether a text is said as it is: it takes no values, and nothing in it stands for something else. */
export const isPlain = (text: string) => !/[{}<>'#]/.test(text);
