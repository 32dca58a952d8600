namespace Insula.Linux.Files;

/// <summary>Removes directory trees made by hostile hands: never follows a link, never crosses a mount.</summary>
public static class RemoveTree
{
    /// <summary>Removes a name and everything below it. One that is not there is fine.</summary>
    /// <exception cref="LinuxException">EBUSY: something is mounted below; the message names it.</exception>
    public static void Remove(Descriptor parent, string name) => throw new NotImplementedException();

    /// <summary>Removes everything inside a directory, but not the directory.</summary>
    public static void RemoveContents(Descriptor directory) => throw new NotImplementedException();
}
