/**
 * Results of `work` in the order of the tasks, whose work overlaps: at most `width` of them are begun and not yet handed out, so that is
 * what is held, however slowly they are taken. The first task is worked alone: who wants no more than its result asks for no more.
 * A failure of `work` is met in its turn, behind the results before it; one of `tasks` at once, and what was read behind it is lost. Whoever leaves early must end what is still under way himself.
 */
export async function* inOrder<Task, Done>(
  tasks: AsyncIterator<Task>,
  width: number,
  work: (task: Task) => Promise<Done>,
): AsyncGenerator<Done, void, void> {
  const begun: Promise<Done>[] = [];
  let isOver = false;
  for (let room = 1; ; room = width) {
    while (!isOver && begun.length < room) {
      const next = await tasks.next();
      if (next.done === true) isOver = true;
      else begun.push(begin(work, next.value));
    }
    const first = begun.shift();
    if (first === undefined) return;
    yield await first;
  }
}

/** A failure is met when its result is awaited; until then nobody listens. */
function begin<Task, Done>(work: (task: Task) => Promise<Done>, task: Task): Promise<Done> {
  const begun = work(task);
  begun.catch(() => undefined);
  return begun;
}
