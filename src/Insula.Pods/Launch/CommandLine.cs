using Insula.Api.Core;
using Insula.Images;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Launch;

/// <summary>The argument vector: <c>command</c> replaces the image's entrypoint and drops its default arguments, <c>args</c> replaces these.</summary>
internal static class CommandLine
{
    public static IReadOnlyList<string> Of(Container container, ImageConfig image, IReadOnlyDictionary<string, string> variables)
    {
        var command = container.Command.Count > 0 ? Expanded(container.Command) : image.Entrypoint;
        var arguments = container.Args.Count > 0 ? Expanded(container.Args)
            : container.Command.Count > 0 ? []
            : image.Cmd;
        List<string> all = [.. command, .. arguments];
        if (all.Count == 0 || all[0].Length == 0)
        {
            throw new LaunchRefusedException(
                Reasons.CreateContainerConfigError,
                $"container {container.Name}: no command is specified: the image \"{container.Image}\" has neither entrypoint nor cmd; set command in the manifest");
        }

        return all;

        IReadOnlyList<string> Expanded(IReadOnlyList<string> words) => [.. words.Select(w => VariableExpansion.Expand(w, variables))];
    }
}
