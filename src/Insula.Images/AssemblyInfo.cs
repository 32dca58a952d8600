using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Insula.Fuzz")]
[assembly: InternalsVisibleTo("Insula.Images.Tests")]
[assembly: InternalsVisibleTo("Insula.SystemTests")]
