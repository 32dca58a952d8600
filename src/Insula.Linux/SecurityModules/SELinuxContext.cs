namespace Insula.Linux.SecurityModules;

/// <summary>A security context of SELinux.</summary>
/// <param name="User">The SELinux user.</param>
/// <param name="Role">The role.</param>
/// <param name="Type">The type; of a process also called its domain.</param>
/// <param name="Level">Level and categories, which may hold colons; null in a policy that has none.</param>
public sealed record SELinuxContext(string User, string Role, string Type, string? Level)
{
    /// <summary>Reads <c>user:role:type[:level]</c>; null when it is not that.</summary>
    /// <param name="text">The text.</param>
    public static SELinuxContext? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':', 4);
        return parts.Length < 3 || parts.Any(part => part.Length == 0) ? null : new(parts[0], parts[1], parts[2], parts.ElementAtOrDefault(3));
    }

    /// <summary>As the kernel reads it.</summary>
    public override string ToString() => Level is null ? $"{User}:{Role}:{Type}" : $"{User}:{Role}:{Type}:{Level}";
}
