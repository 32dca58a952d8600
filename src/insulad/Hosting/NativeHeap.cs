using Insula.Linux.LibC;

namespace Insulad.Hosting;

/// <summary>The memory that native code takes in this process: inflaters, the database, the runtime itself.</summary>
internal static class NativeHeap
{
    // From this size on a piece is a mapping of its own, which goes back to the kernel when it is freed.
    private const int LargeBytes = 128 * 1024;

    /// <summary>
    /// Keeps it small. Each thread would have a heap of its own, whose free memory no other one finds, and the limit of what is given back at once would rise with each larger piece:
    /// some ten megabytes after a few pulls. No code here asks for native memory often enough to wait for another thread's. To be called before there are any.
    /// </summary>
    public static void KeepSmall()
    {
        // Refused, it is as it was.
        _ = malloc.mallopt(malloc.M_ARENA_MAX, 1);
        _ = malloc.mallopt(malloc.M_MMAP_THRESHOLD, LargeBytes);
    }
}
