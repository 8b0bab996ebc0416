/** A box of a list of tasks: ticked or not, in shape as in words. */
export function TaskMark({ done }: { done: boolean }) {
  return (
    <svg
      width="14"
      height="14"
      viewBox="0 0 14 14"
      className="task-mark"
      data-done={done}
      role="img"
      aria-label={done ? "☑" : "☐"}
    >
      <rect x="1" y="1" width="12" height="12" rx="2.5" fill="none" stroke="currentColor" />
      {done && <path d="M3.5 7.2l2.4 2.4 4.6-5" fill="none" stroke="currentColor" strokeWidth="1.6" />}
    </svg>
  );
}
