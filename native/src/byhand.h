// `insula-shim launch`: one container without a daemon, to try plans out.
#pragma once

int launch_by_hand(int argc, char **argv);
