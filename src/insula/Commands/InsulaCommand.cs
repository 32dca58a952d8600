using System.CommandLine;
using System.CommandLine.Help;

namespace Insula.Cli.Commands;

/// <summary>The root command: every verb once.</summary>
internal static class InsulaCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand(
            """
            Runs Kubernetes pods on this machine, through insulad.

              insula apply -f examples/hello.yaml    create or change what a manifest says
              insula get pods -o wide                see it
              insula describe pod hello              see why
              insula logs hello -c web -f            follow what it says
              insula exec -it hello -- sh            look around inside
              insula delete pod hello                end it
            """)
        {
            ApplyCommand.Create(),
            DiffCommand.Create(),
            CreateCommand.Create(),
            RunCommand.Create(),
            ReplaceCommand.Create(),
            EditCommand.Create(),
            PatchCommand.Create(),
            MetadataCommand.Label(),
            MetadataCommand.Annotate(),
            DeleteCommand.Create(),
            GetCommand.Create(),
            DescribeCommand.Create(),
            LogsCommand.Create(),
            ExecCommand.Create(),
            AttachCommand.Create(),
            DebugCommand.Create(),
            PortForwardCommand.Create(),
            CopyCommand.Create(),
            WaitCommand.Create(),
            ScaleCommand.Create(),
            AutoscaleCommand.Create(),
            RolloutCommand.Create(),
            SetCommand.Create(),
            ExposeCommand.Create(),
            CordonCommand.Cordon(),
            CordonCommand.Uncordon(),
            DrainCommand.Create(),
            EventsCommand.Create(),
            TopCommand.Create(),
            ImageCommand.Create(),
            ImagesCommand.Create(),
            LoadCommand.Create(),
            SaveCommand.Create(),
            PullCommand.Create(),
            RemoveImageCommand.Create(),
            ExplainCommand.Create(),
            ValidateCommand.Create(),
            SystemCommand.Create(),
            CompletionCommand.Create(),
        };
        root.Options.Add(Common.Socket);
        root.Options.Add(Common.Namespace);
        // Only what people type is offered: "/?" is no option of Unix.
        foreach (var option in root.Options.OfType<HelpOption>())
        {
            option.Aliases.Remove("/?");
            option.Aliases.Remove("/h");
            option.Aliases.Remove("-?");
        }

        return root;
    }
}
