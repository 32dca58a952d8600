namespace Insula.Linux.Processes;

/// <summary>What to spawn, and with exactly which descriptors.</summary>
public sealed record SpawnRequest
{
    /// <summary>The program's absolute path. Exclusive with <see cref="Executable"/>.</summary>
    public string? Path { get; init; }

    /// <summary>The program as an open file (O_PATH suffices); it is not inherited. Exclusive with <see cref="Path"/>.</summary>
    public Descriptor? Executable { get; init; }

    /// <summary>argv, with the program's name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The whole environment, as <c>NAME=value</c>; nothing is inherited.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>The child's descriptors, by number from 0 on; null stands for /dev/null. Standard ones left out are /dev/null too.</summary>
    public IReadOnlyList<Descriptor?> Descriptors { get; init; } = [];

    /// <summary>Makes the child the leader of a session of its own.</summary>
    public bool NewSession { get; init; }

    /// <summary>The child's working directory.</summary>
    public string WorkingDirectory { get; init; } = "/";
}
