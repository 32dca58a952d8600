#include "users.h"

#include <stdlib.h>
#include <string.h>

void open_users(struct world *w, const char *pid, const char *const *extra)
{
    world_first_id = FIRST;
    world_open(w, pid, extra, NULL, 0);
}

pid_t start_sleeper(struct world *w, const char *id, const char *pid)
{
    struct spec s = {.id = id, .pid = pid, .argv = (const char *const[]){"sleep", "600", NULL}, .no_log = true};
    struct message *m = start(w, &s);
    CHECK(ok(m), "%s", text(m));
    return atoi(m->words[2]);
}

void end(struct world *w, const char *id)
{
    struct message *m = world_ask(w, NULL, 0, "signal", id, "9");
    CHECK(ok(m), "%s", text(m));
    struct message e = world_event(w, "exit", id);
    CHECK(strcmp(e.words[5], "9") == 0, "%s", text(&e));
}
