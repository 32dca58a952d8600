using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>Pseudo-terminals, pty(7).</summary>
public static class Terminals
{
    /// <summary>Tells a terminal its size, which its foreground processes learn by SIGWINCH.</summary>
    /// <param name="master">Its master.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <exception cref="LinuxException">It is none.</exception>
    public static unsafe void Resize(Descriptor master, int rows, int columns)
    {
        var size = new sys_ioctl.winsize { ws_row = (ushort)rows, ws_col = (ushort)columns };
        if (sys_ioctl.ioctl(master, sys_ioctl.TIOCSWINSZ, &size) != 0)
        {
            throw LinuxException.FromLastError("ioctl TIOCSWINSZ");
        }
    }
}
