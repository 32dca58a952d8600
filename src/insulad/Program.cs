using Insulad.Configuration;
using Insulad.Hosting;
using Insulad.Http;

NativeHeap.KeepSmall();
CommandLine command;
try
{
    command = CommandLine.Parse(args);
}
catch (ConfigurationException e)
{
    await Console.Error.WriteLineAsync($"insulad: {e.Message}");
    return 2;
}

switch (command.Action)
{
    case CommandLineAction.Help:
        await Console.Out.WriteAsync(HelpText.Help());
        return 0;
    case CommandLineAction.Version:
        await Console.Out.WriteLineAsync($"insulad {Discovery.Version}");
        return 0;
    case CommandLineAction.PrintConfig:
        await Console.Out.WriteAsync(HelpText.Config(command.Options));
        return 0;
    case CommandLineAction.Drain:
        return await Daemon.DrainAsync(command.Options);
    default:
        return await Daemon.RunAsync(command.Options);
}
